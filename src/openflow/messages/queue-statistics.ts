/** Multipart QUEUE and the two ways to ask for queues. Every port has one queue, number 0, whose packets nobody counts apart. */
import { UNCOUNTED } from "../../fastpath/datapath.ts";
import { portTo32, readPort } from "../wire/ports.ts";
import { OF10, OF13, OF14, type Version } from "../wire/version.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, type MessageContext, message, multipart } from "./definition.ts";

export interface QueueStatisticsRequest {
  readonly type: "queue_statistics_request";
  /** PORT_ALL or PORT_NONE: every port. */
  readonly port: number;
  readonly queue: number;
}
export interface QueueDescriptionRequest {
  readonly type: "queue_description_request";
  readonly port: number;
  readonly queue: number;
}
export interface QueueConfigRequest {
  readonly type: "queue_config_request";
  readonly port: number;
}

export interface Queue {
  readonly port: number;
  readonly queue: number;
}
export interface QueueStatisticsReply {
  readonly type: "queue_statistics_reply";
  readonly entries: readonly Queue[];
}
export interface QueueDescriptionReply {
  readonly type: "queue_description_reply";
  readonly entries: readonly Queue[];
}
export interface QueueConfigReply {
  readonly type: "queue_config_reply";
  /** As it was asked for: PORT_NONE stands for every port. */
  readonly port: number;
  readonly queues: readonly Queue[];
}

export const QUEUE_ALL = 0xffff_ffff;
const STATISTICS_BYTES = 48;
const DESCRIPTION_BYTES = 16;

function writePort(writer: Writer, version: Version, port: number): void {
  if (version !== OF10) {
    writer.u32(portTo32(port));
    return;
  }
  writer.u16(port);
  writer.zeros(2);
}

function writeStatistics(writer: Writer, { port, queue }: Queue, { version }: MessageContext): void {
  if (version >= OF14) {
    writer.u16(STATISTICS_BYTES);
    writer.zeros(6);
  }
  writePort(writer, version, port);
  writer.u32(queue);
  for (let i = 0; i < 3; i++) writer.u64(UNCOUNTED);
  if (version < OF13) return;
  writer.u32(0xffff_ffff);
  writer.u32(0xffff_ffff);
}

export const queueStatisticsRequest: MessageCodec<QueueStatisticsRequest> = {
  type: "queue_statistics_request",
  places: [multipart("request", "1.0+", 5)],
  read(body, { version }) {
    const port = readPort(body, version);
    if (version === OF10) body.skip(2);
    return { type: "queue_statistics_request", port, queue: body.u32() };
  },
};

export const queueStatisticsReply: MessageCodec<QueueStatisticsReply> = {
  type: "queue_statistics_reply",
  places: [multipart("reply", "1.0+", 5)],
  entries: { of: ({ entries }) => entries, write: writeStatistics },
};

export const queueDescriptionRequest: MessageCodec<QueueDescriptionRequest> = {
  type: "queue_description_request",
  places: [multipart("request", "1.4+", 15)],
  read: (body, { version }) => ({
    type: "queue_description_request",
    port: readPort(body, version),
    queue: body.u32(),
  }),
};

export const queueDescriptionReply: MessageCodec<QueueDescriptionReply> = {
  type: "queue_description_reply",
  places: [multipart("reply", "1.4+", 15)],
  entries: {
    of: ({ entries }) => entries,
    write(writer, { port, queue }: Queue) {
      writer.u32(portTo32(port));
      writer.u32(queue);
      writer.u16(DESCRIPTION_BYTES);
      writer.zeros(6);
    },
  },
};

export const queueConfigRequest: MessageCodec<QueueConfigRequest> = {
  type: "queue_config_request",
  places: [message("1.0", 20), message("1.1-1.3", 22)],
  read(body, { version }) {
    const port = readPort(body, version);
    body.skip(version === OF10 ? 2 : 4);
    return { type: "queue_config_request", port };
  },
};

/** Bytes of a queue without properties: 1.2 added the port. */
const QUEUE10_BYTES = 8;
const QUEUE12_BYTES = 16;

export const queueConfigReply: MessageCodec<QueueConfigReply> = {
  type: "queue_config_reply",
  places: [message("1.0", 21), message("1.1-1.3", 23)],
  write(writer, { port, queues }, { version }) {
    if (version === OF10) writer.u16(port);
    else writer.u32(portTo32(port));
    writer.zeros(version === OF10 ? 6 : 4);
    for (const { port: owner, queue } of queues) {
      writer.u32(queue);
      if (version <= 2) {
        writer.u16(QUEUE10_BYTES);
        writer.zeros(2);
      } else {
        writer.u32(portTo32(owner));
        writer.u16(QUEUE12_BYTES);
        writer.zeros(6);
      }
    }
  },
};
