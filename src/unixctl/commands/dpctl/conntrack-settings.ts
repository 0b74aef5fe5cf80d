/** dpctl/ct-get-maxconns, ct-set-maxconns, ct-get-nconns, ct-*-tcp-seq-chk. */
import { dpctlCommand, dpctlError, INVALID, openDatapath } from "./dpctl.ts";

export const getMaxConnections = dpctlCommand("ct-get-maxconns", "[dp]", 0, 1, (request) => {
  openDatapath(request, 1);
  return String(request.daemon.switch.datapath.conntrack.maxConnections());
});

export const setMaxConnections = dpctlCommand("ct-set-maxconns", "[dp] maxconns", 1, 2, async (request) => {
  openDatapath(request, 2);
  const { datapath } = request.daemon.switch;
  const limit = /^\d+/.exec(request.words.at(-1)!);
  if (limit === null) throw dpctlError("maxconns missing or malformed", INVALID);
  datapath.conntrack.setMaxConnections(Number(limit[0]));
  await datapath.barrier();
  return "setting maxconns successful";
});

export const getConnections = dpctlCommand("ct-get-nconns", "[dp]", 0, 1, (request) => {
  openDatapath(request, 1);
  return String(request.daemon.switch.datapath.conntrack.count());
});

export const getSequenceChecking = dpctlCommand("ct-get-tcp-seq-chk", "[dp]", 0, 1, (request) => {
  openDatapath(request, 1);
  const on = request.daemon.switch.datapath.conntrack.tcpSequenceChecking();
  return `TCP sequence checking: ${on ? "enabled" : "disabled"}`;
});

export const [enableSequenceChecking, disableSequenceChecking] = [true, false].map((on) =>
  dpctlCommand(`ct-${on ? "enable" : "disable"}-tcp-seq-chk`, "[dp]", 0, 1, async (request) => {
    openDatapath(request, 2);
    const { datapath } = request.daemon.switch;
    datapath.conntrack.setTcpSequenceChecking(on);
    await datapath.barrier();
    return `${on ? "enabling" : "disabling"} TCP sequence checking successful`;
  }),
);
