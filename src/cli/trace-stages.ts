/** Gives each table of a trace the name of its stage: "20. ls_in_lb: ct_state=…" instead of "20. ct_state=…". */

/** `stageName` knows the tables of a datapath, which rules name by their match on metadata. */
export function nameStages(trace: string, stageName: (table: number, metadata: bigint) => string | undefined): string {
  let metadata: bigint | undefined;
  return trace
    .split("\n")
    .map((line) => {
      const written = /set_field:(0x[0-9a-f]+|\d+)->metadata/.exec(line);
      if (written) metadata = BigInt(written[1]);
      const visit = /^( *\d+)\. (?=No match\.|.*, priority )/.exec(line);
      if (!visit) {
        // A resumed pipeline brings its metadata along.
        const flow = /^Flow: .*\bmetadata=(0x[0-9a-f]+)/.exec(line);
        if (flow) metadata = BigInt(flow[1]);
        return line;
      }
      const matched = /\bmetadata=(0x[0-9a-f]+)[, ]/.exec(line);
      if (matched) metadata = BigInt(matched[1]);
      const name = metadata === undefined ? undefined : stageName(Number(visit[1]), metadata);
      return name === undefined ? line : `${visit[0]}${name}: ${line.slice(visit[0].length)}`;
    })
    .join("\n");
}
