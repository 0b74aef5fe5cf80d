/** Property tests repeat themselves: a fixed seed, unless FC_SEED gives another one ("random" for a new one each run). */
import fc from "fast-check";

const wanted = process.env.FC_SEED ?? "20261123";
fc.configureGlobal({ seed: wanted === "random" ? Date.now() & 0x7fff_ffff : Number(wanted) });
