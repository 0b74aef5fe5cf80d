/** Who runs where: the switch has processor 0 for itself, senders and receivers share processor 1, for each contestant alike. */

/** Of the switch. */
export const SWITCH_PROCESSOR = 0;
export const onSwitchCore = (command: readonly string[]): string[] => [
  "taskset",
  "-c",
  String(SWITCH_PROCESSOR),
  ...command,
];
export const onOtherCore = (command: readonly string[]): string[] => ["taskset", "-c", "1", ...command];
export const PINNING =
  "the switch on processor 0, senders and receivers on processor 1; the kernel's own forwarding where it pleases";
