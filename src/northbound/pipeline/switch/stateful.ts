/** ls_in_stateful and ls_out_stateful: connections that a stage before asked to be remembered are committed. */
import { join } from "../actions.ts";
import { IP } from "../match.ts";
import { CT_MARK, SWITCH_BIT, ZONE } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

export function stateful(name: string): Stage<Switch> {
  return {
    name,
    rules(add, _switch, { next }) {
      const commit = 1 << SWITCH_BIT.commit;
      const labelled = commit | (1 << SWITCH_BIT.ctLabel);
      const bits = (value: number) => `reg0=0x${value.toString(16)}/0x${labelled.toString(16)}`;
      const unblock = `set_field:0/0x${CT_MARK.blocked.toString(16)}->ct_mark`;
      const label = "move:NXM_NX_XXREG0[0..31]->NXM_NX_CT_LABEL[96..127]";
      // nat(src) without an address: a source port that clashes is changed, as the tracker's commit of OVN does.
      const ct = (exec: string) => `ct(commit,zone=${ZONE.port},nat(src),exec(${exec}))`;
      add(100, [IP, bits(commit)], join(ct(unblock), next));
      add(100, [IP, bits(labelled)], join(ct(`${unblock},${label}`), next));
      add(0, [], next);
    },
  };
}
