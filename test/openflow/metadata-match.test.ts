import { expect, it } from "vitest";
import { CT_STATE_INVALID, CT_STATE_NEW, CT_STATE_TRACKED, KEY_CT_STATE } from "../../assembly/layout/key.ts";
import { metadataMatch } from "../../src/openflow/fields/metadata-match.ts";
import { formatMatch } from "../../src/slowpath/flow/match-format.ts";
import { parseMatch } from "../../src/slowpath/flow/match-text.ts";

const TUPLE = "ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.2,ct_nw_proto=17,ct_tp_src=1,ct_tp_dst=2,ip,in_port=2";

it.each([
  ["a connection's addresses are told", CT_STATE_NEW | CT_STATE_TRACKED, `ct_state=new|trk,${TUPLE}`],
  [
    "not so what was taken for them in an invalid packet",
    CT_STATE_INVALID | CT_STATE_TRACKED,
    "ct_state=inv|trk,ip,in_port=2",
  ],
  ["without tracking there is nothing to tell", 0, "in_port=2"],
])("%s", (_, state, told) => {
  const flow = parseMatch(`ct_state=+new+trk,${TUPLE}`).value;
  flow[KEY_CT_STATE + 1] = state;
  expect(formatMatch(metadataMatch(flow))).toBe(told);
});
