/** ls_in_acl_hint and ls_out_acl_hint: what the state of the connection allows for, worked out once. */
import { join } from "../actions.ts";
import { ctMark, ctState } from "../match.ts";
import { CT_MARK, SWITCH_BIT, writeBit } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Switch } from "../topology.ts";

const hint = (...bits: readonly number[]): string => join(...bits.map((bit) => writeBit(0, bit, 1)));
const BLOCKED = ctMark(CT_MARK.blocked);
const UNBLOCKED = ctMark(CT_MARK.blocked, false);

export function aclHints(name: string): Stage<Switch> {
  return {
    name,
    rules(add, { hasVip }, { next }) {
      if (!hasVip) return add(65535, [], next);
      const { hintAllowNew, hintAllow, hintDrop, hintBlock } = SWITCH_BIT;
      add(7, [ctState("+new-est")], join(hint(hintAllowNew, hintDrop), next));
      add(6, [ctState("-new+est-rpl"), BLOCKED], join(hint(hintAllowNew, hintDrop), next));
      add(5, ["ct_state=-trk"], join(hint(hintAllow, hintDrop), next));
      add(4, [ctState("-new+est-rpl"), UNBLOCKED], join(hint(hintAllow, hintBlock), next));
      add(3, [ctState("-est")], join(hint(hintDrop), next));
      add(2, [ctState("+est"), BLOCKED], join(hint(hintDrop), next));
      add(1, [ctState("+est"), UNBLOCKED], join(hint(hintBlock), next));
      add(0, [], next);
    },
  };
}
