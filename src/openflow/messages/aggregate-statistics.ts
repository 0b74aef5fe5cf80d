/** Multipart AGGREGATE: packets, bytes and number of rules. */
import { OF15 } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, type MessageContext, multipart, niciraMultipart } from "./definition.ts";
import { type FlowQuery, readFlowQuery, readNiciraFlowQuery } from "./flow-query.ts";
import { writeStatistics } from "./statistics.ts";

export interface AggregateRequest {
  readonly type: "aggregate_request";
  readonly query: FlowQuery;
}
export interface NiciraAggregateRequest {
  readonly type: "nx_aggregate_request";
  readonly query: FlowQuery;
}

interface Aggregate {
  readonly packets: bigint;
  readonly bytes: bigint;
  readonly flows: number;
}
export interface AggregateReply extends Aggregate {
  readonly type: "aggregate_reply";
}
export interface NiciraAggregateReply extends Aggregate {
  readonly type: "nx_aggregate_reply";
}

function write(writer: Writer, { packets, bytes, flows }: Aggregate, { version }: MessageContext): void {
  if (version >= OF15) {
    writeStatistics(writer, { packets, bytes, flows });
    return;
  }
  writer.u64(packets);
  writer.u64(bytes);
  writer.u32(flows);
  writer.zeros(4);
}

export const aggregateRequest: MessageCodec<AggregateRequest> = {
  type: "aggregate_request",
  places: [multipart("request", "1.0+", 2)],
  read: (body, context) => ({ type: "aggregate_request", query: readFlowQuery(body, context) }),
};

export const niciraAggregateRequest: MessageCodec<NiciraAggregateRequest> = {
  type: "nx_aggregate_request",
  places: [niciraMultipart("request", "1.0", 1)],
  read: (body, context) => ({ type: "nx_aggregate_request", query: readNiciraFlowQuery(body, context) }),
};

export const aggregateReply: MessageCodec<AggregateReply> = {
  type: "aggregate_reply",
  places: [multipart("reply", "1.0+", 2)],
  write,
};

export const niciraAggregateReply: MessageCodec<NiciraAggregateReply> = {
  type: "nx_aggregate_reply",
  places: [niciraMultipart("reply", "1.0", 1)],
  write,
};
