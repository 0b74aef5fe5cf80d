/** `sample(probability=P,…)`: for IPFIX collectors, of which there are none here: accepted, shown, without effect. */
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger, tokens } from "./scan.ts";

const names: Readonly<Record<string, keyof ActionOf<"sample">>> = {
  probability: "probability",
  collector_set_id: "collectorSetId",
  obs_domain_id: "obsDomainId",
  obs_point_id: "obsPointId",
};

export const sample: ActionDefinition<ActionOf<"sample">> = {
  type: "sample",
  keywords: ["sample"],
  parse({ value }) {
    const numbers = { probability: 0, collectorSetId: 0, obsDomainId: 0, obsPointId: 0 };
    for (const { key, value: text } of tokens(value)) {
      const name = names[key];
      if (!name) throw new ActionSyntaxError(`invalid key "${key}" in "sample" argument`);
      const max = name === "probability" ? 0xffff : 0xffff_ffff;
      numbers[name as keyof typeof numbers] = parseInteger(text, max, key);
    }
    if (numbers.probability === 0) throw new ActionSyntaxError('non-zero "probability" must be specified on sample');
    return { type: "sample", ...numbers };
  },
  format: ({ probability, collectorSetId, obsDomainId, obsPointId }) =>
    `sample(probability=${probability},collector_set_id=${collectorSetId},obs_domain_id=${obsDomainId},obs_point_id=${obsPointId})`,
  translate: () => undefined,
};
