/**
 * All messages. A new one is a file beside this and a line in `codecs`; from the list follow reading and writing for every version.
 */
import {
  type AggregateReply,
  type AggregateRequest,
  aggregateReply,
  aggregateRequest,
  type NiciraAggregateReply,
  type NiciraAggregateRequest,
  niciraAggregateReply,
  niciraAggregateRequest,
} from "./aggregate-statistics.ts";
import {
  type GetAsyncReply,
  type GetAsyncRequest,
  getAsyncReply,
  getAsyncRequest,
  type NiciraSetAsync,
  type NiciraSetAsync2,
  niciraSetAsync,
  niciraSetAsync2,
  type SetAsync,
  setAsync,
} from "./async-config.ts";
import { type BarrierReply, type BarrierRequest, barrierReply, barrierRequest } from "./barrier.ts";
import { type BundleAdd, bundleAdd } from "./bundle-add.ts";
import { type BundleControl, bundleControl } from "./bundle-control.ts";
import {
  type GetConfigReply,
  type GetConfigRequest,
  getConfigReply,
  getConfigRequest,
  type SetConfig,
  setConfig,
} from "./config.ts";
import { type CtFlush, type CtFlushZone, ctFlush, ctFlushZone } from "./ct-flush.ts";
import { type DescriptionReply, type DescriptionRequest, descriptionReply, descriptionRequest } from "./description.ts";
import { type EchoReply, type EchoRequest, echoReply, echoRequest } from "./echo.ts";
import { type ErrorMessage, error } from "./error.ts";
import { type FeaturesReply, type FeaturesRequest, featuresReply, featuresRequest } from "./features.ts";
import { type FlowModMessage, flowMod, type NiciraFlowMod, niciraFlowMod } from "./flow-mod.ts";
import {
  type FlowMonitorCancel,
  type FlowMonitorPaused,
  type FlowMonitorReply,
  type FlowMonitorRequest,
  type FlowMonitorResumed,
  flowMonitorCancel,
  flowMonitorPaused,
  flowMonitorReply,
  flowMonitorRequest,
  flowMonitorResumed,
} from "./flow-monitor.ts";
import { type FlowRemoved, flowRemoved, type NiciraFlowRemoved, niciraFlowRemoved } from "./flow-removed.ts";
import {
  type FlowReply,
  type FlowRequest,
  flowReply,
  flowRequest,
  type NiciraFlowReply,
  type NiciraFlowRequest,
  niciraFlowReply,
  niciraFlowRequest,
} from "./flow-statistics.ts";
import { MessageTable } from "./frame.ts";
import { type GroupModMessage, groupMod } from "./group-mod.ts";
import {
  type GroupDescriptionReply,
  type GroupDescriptionRequest,
  type GroupFeaturesReply,
  type GroupFeaturesRequest,
  type GroupStatisticsReply,
  type GroupStatisticsRequest,
  groupDescriptionReply,
  groupDescriptionRequest,
  groupFeaturesReply,
  groupFeaturesRequest,
  groupStatisticsReply,
  groupStatisticsRequest,
} from "./group-statistics.ts";
import { type Hello, hello } from "./hello.ts";
import { type IpfixBridgeRequest, type IpfixFlowRequest, ipfixBridgeRequest, ipfixFlowRequest } from "./ipfix.ts";
import { type MeterModMessage, meterMod } from "./meter-mod.ts";
import {
  type MeterConfigReply,
  type MeterConfigRequest,
  type MeterFeaturesReply,
  type MeterFeaturesRequest,
  type MeterStatisticsReply,
  type MeterStatisticsRequest,
  meterConfigReply,
  meterConfigRequest,
  meterFeaturesReply,
  meterFeaturesRequest,
  meterStatisticsReply,
  meterStatisticsRequest,
} from "./meter-statistics.ts";
import {
  type FlowAge,
  type FlowModTableId,
  flowAge,
  flowModTableId,
  type SetControllerId,
  type SetFlowFormat,
  type SetPacketInFormat,
  setControllerId,
  setFlowFormat,
  setPacketInFormat,
} from "./nicira-settings.ts";
import { type NiciraPacketIn, niciraPacketIn, type PacketIn, packetIn } from "./packet-in.ts";
import { type PacketIn2, packetIn2, type Resume, resume } from "./packet-in2.ts";
import { type PacketOut, packetOut } from "./packet-out.ts";
import {
  type PortDescriptionReply,
  type PortDescriptionRequest,
  portDescriptionReply,
  portDescriptionRequest,
} from "./port-description.ts";
import { type PortMod, portMod } from "./port-mod.ts";
import {
  type PortStatisticsReply,
  type PortStatisticsRequest,
  portStatisticsReply,
  portStatisticsRequest,
} from "./port-statistics.ts";
import { type PortStatusMessage, portStatus } from "./port-status.ts";
import {
  type QueueConfigReply,
  type QueueConfigRequest,
  type QueueDescriptionReply,
  type QueueDescriptionRequest,
  type QueueStatisticsReply,
  type QueueStatisticsRequest,
  queueConfigReply,
  queueConfigRequest,
  queueDescriptionReply,
  queueDescriptionRequest,
  queueStatisticsReply,
  queueStatisticsRequest,
} from "./queue-statistics.ts";
import { type RequestForward, requestForward } from "./request-forward.ts";
import {
  type NiciraRoleReply,
  type NiciraRoleRequest,
  niciraRoleReply,
  niciraRoleRequest,
  type RoleReply,
  type RoleRequest,
  type RoleStatus,
  roleReply,
  roleRequest,
  roleStatus,
} from "./role.ts";
import {
  type TableDescriptionReply,
  type TableDescriptionRequest,
  type TableFeaturesReply,
  type TableFeaturesRequest,
  type TableStatus,
  tableDescriptionReply,
  tableDescriptionRequest,
  tableFeaturesReply,
  tableFeaturesRequest,
  tableStatus,
} from "./table-features.ts";
import { type TableMod, tableMod } from "./table-mod.ts";
import {
  type TableStatisticsReply,
  type TableStatisticsRequest,
  tableStatisticsReply,
  tableStatisticsRequest,
} from "./table-statistics.ts";
import {
  type TlvTableMod,
  type TlvTableReply,
  type TlvTableRequest,
  tlvTableMod,
  tlvTableReply,
  tlvTableRequest,
} from "./tlv-table.ts";

export type Message =
  | AggregateRequest
  | NiciraAggregateRequest
  | AggregateReply
  | NiciraAggregateReply
  | GetAsyncRequest
  | GetAsyncReply
  | SetAsync
  | NiciraSetAsync
  | NiciraSetAsync2
  | BarrierRequest
  | BarrierReply
  | BundleAdd
  | BundleControl
  | GetConfigRequest
  | GetConfigReply
  | SetConfig
  | CtFlushZone
  | CtFlush
  | DescriptionRequest
  | DescriptionReply
  | EchoRequest
  | EchoReply
  | ErrorMessage
  | FeaturesRequest
  | FeaturesReply
  | FlowModMessage
  | NiciraFlowMod
  | FlowMonitorRequest
  | FlowMonitorReply
  | FlowMonitorCancel
  | FlowMonitorPaused
  | FlowMonitorResumed
  | FlowRemoved
  | NiciraFlowRemoved
  | FlowRequest
  | NiciraFlowRequest
  | FlowReply
  | NiciraFlowReply
  | GroupModMessage
  | GroupStatisticsRequest
  | GroupStatisticsReply
  | GroupDescriptionRequest
  | GroupDescriptionReply
  | GroupFeaturesRequest
  | GroupFeaturesReply
  | Hello
  | IpfixBridgeRequest
  | IpfixFlowRequest
  | MeterModMessage
  | MeterStatisticsRequest
  | MeterStatisticsReply
  | MeterConfigRequest
  | MeterConfigReply
  | MeterFeaturesRequest
  | MeterFeaturesReply
  | SetFlowFormat
  | FlowModTableId
  | SetPacketInFormat
  | SetControllerId
  | FlowAge
  | PacketIn
  | NiciraPacketIn
  | PacketIn2
  | Resume
  | PacketOut
  | PortDescriptionRequest
  | PortDescriptionReply
  | PortMod
  | PortStatisticsRequest
  | PortStatisticsReply
  | PortStatusMessage
  | QueueStatisticsRequest
  | QueueStatisticsReply
  | QueueDescriptionRequest
  | QueueDescriptionReply
  | QueueConfigRequest
  | QueueConfigReply
  | RequestForward
  | RoleRequest
  | RoleReply
  | NiciraRoleRequest
  | NiciraRoleReply
  | RoleStatus
  | TableFeaturesRequest
  | TableFeaturesReply
  | TableDescriptionRequest
  | TableDescriptionReply
  | TableMod
  | TableStatus
  | TableStatisticsRequest
  | TableStatisticsReply
  | TlvTableRequest
  | TlvTableMod
  | TlvTableReply;

export const messages = new MessageTable<Message>([
  aggregateRequest,
  niciraAggregateRequest,
  aggregateReply,
  niciraAggregateReply,
  getAsyncRequest,
  getAsyncReply,
  setAsync,
  niciraSetAsync,
  niciraSetAsync2,
  barrierRequest,
  barrierReply,
  bundleAdd,
  bundleControl,
  getConfigRequest,
  getConfigReply,
  setConfig,
  ctFlushZone,
  ctFlush,
  descriptionRequest,
  descriptionReply,
  echoRequest,
  echoReply,
  error,
  featuresRequest,
  featuresReply,
  flowMod,
  niciraFlowMod,
  flowMonitorRequest,
  flowMonitorReply,
  flowMonitorCancel,
  flowMonitorPaused,
  flowMonitorResumed,
  flowRemoved,
  niciraFlowRemoved,
  flowRequest,
  niciraFlowRequest,
  flowReply,
  niciraFlowReply,
  groupMod,
  groupStatisticsRequest,
  groupStatisticsReply,
  groupDescriptionRequest,
  groupDescriptionReply,
  groupFeaturesRequest,
  groupFeaturesReply,
  hello,
  ipfixBridgeRequest,
  ipfixFlowRequest,
  meterMod,
  meterStatisticsRequest,
  meterStatisticsReply,
  meterConfigRequest,
  meterConfigReply,
  meterFeaturesRequest,
  meterFeaturesReply,
  setFlowFormat,
  flowModTableId,
  setPacketInFormat,
  setControllerId,
  flowAge,
  packetIn,
  niciraPacketIn,
  packetIn2,
  resume,
  packetOut,
  portDescriptionRequest,
  portDescriptionReply,
  portMod,
  portStatisticsRequest,
  portStatisticsReply,
  portStatus,
  queueStatisticsRequest,
  queueStatisticsReply,
  queueDescriptionRequest,
  queueDescriptionReply,
  queueConfigRequest,
  queueConfigReply,
  requestForward,
  roleRequest,
  roleReply,
  niciraRoleRequest,
  niciraRoleReply,
  roleStatus,
  tableFeaturesRequest,
  tableFeaturesReply,
  tableDescriptionRequest,
  tableDescriptionReply,
  tableMod,
  tableStatus,
  tableStatisticsRequest,
  tableStatisticsReply,
  tlvTableRequest,
  tlvTableMod,
  tlvTableReply,
]);
