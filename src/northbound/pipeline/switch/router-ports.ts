import type { Switch, SwitchPort } from "../topology.ts";

export const routerPortsOf = ({ ports }: Switch): readonly SwitchPort[] =>
  ports.filter(({ type }) => type === "router");
