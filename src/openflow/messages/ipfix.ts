/** Nicira's multipart requests for IPFIX statistics. There is no IPFIX here, and they are told so. */
import { emptyMessage, niciraMultipart } from "./definition.ts";

export interface IpfixBridgeRequest {
  readonly type: "nx_ipfix_bridge_request";
}
export interface IpfixFlowRequest {
  readonly type: "nx_ipfix_flow_request";
}

export const ipfixBridgeRequest = emptyMessage<IpfixBridgeRequest>({ type: "nx_ipfix_bridge_request" }, [
  niciraMultipart("request", "1.0+", 3),
]);

export const ipfixFlowRequest = emptyMessage<IpfixFlowRequest>({ type: "nx_ipfix_flow_request" }, [
  niciraMultipart("request", "1.0+", 4),
]);
