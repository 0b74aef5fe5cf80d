/** Who answers what. Messages of the list that are not here make no sense to a switch. */
import type { Message } from "../messages/list.ts";
import * as about from "./about.ts";
import { bundleAdd, bundleControl } from "./bundles.ts";
import * as connection from "./connection.ts";
import * as flows from "./flows.ts";
import * as groups from "./groups.ts";
import type { Handler } from "./handler.ts";
import * as meters from "./meters.ts";
import { flowMod, groupMod, meterMod } from "./modifications.ts";
import { flushConnections, flushZone, tlvTable, tlvTableMod } from "./nicira.ts";
import { packetOut, resume } from "./packets.ts";
import * as ports from "./ports.ts";
import * as tables from "./tables.ts";

export const handlers: Readonly<Partial<Record<Message["type"], Handler>>> = {
  hello: connection.ignore,
  error: connection.ignore,
  echo_request: connection.echo,
  echo_reply: connection.ignore,
  barrier_request: connection.barrier,
  get_config_request: connection.getConfig,
  set_config: connection.setConfig,
  role_request: connection.role,
  nx_role_request: connection.niciraRole,
  get_async_request: connection.getAsync,
  set_async: connection.setAsync,
  nx_set_async: connection.setAsync,
  nx_set_async2: connection.setAsync,
  nx_set_flow_format: connection.setFlowFormat,
  nx_flow_mod_table_id: connection.setTableInCommand,
  nx_set_packet_in_format: connection.setPacketInFormat,
  nx_set_controller_id: connection.setControllerId,
  // Ages are always told.
  nx_flow_age: connection.ignore,

  flow_mod: flowMod,
  nx_flow_mod: flowMod,
  group_mod: groupMod,
  meter_mod: meterMod,
  bundle_control: bundleControl,
  bundle_add: bundleAdd,
  packet_out: packetOut,
  nx_resume: resume,
  table_mod: tables.tableMod,
  port_mod: ports.portMod,

  features_request: ports.features,
  port_description_request: ports.portDescriptions,
  port_statistics_request: ports.portStatistics,
  queue_statistics_request: ports.queueStatistics,
  queue_description_request: ports.queueDescriptions,
  queue_config_request: ports.queueConfig,

  description_request: about.description,
  flow_request: flows.flows,
  nx_flow_request: flows.niciraFlows,
  aggregate_request: flows.aggregate,
  nx_aggregate_request: flows.niciraAggregate,
  table_statistics_request: tables.tableStatistics,
  table_features_request: tables.tableFeatures,
  table_description_request: tables.tableDescriptions,
  group_statistics_request: groups.groupStatistics,
  group_description_request: groups.groupDescriptions,
  group_features_request: groups.groupFeatures,
  meter_statistics_request: meters.meterStatistics,
  meter_config_request: meters.meterConfigs,
  meter_features_request: meters.meterFeatures,
  flow_monitor_request: flows.flowMonitor,
  flow_monitor_cancel: flows.flowMonitorCancel,
  nx_ipfix_bridge_request: about.ipfix,
  nx_ipfix_flow_request: about.ipfix,

  nx_tlv_table_request: tlvTable,
  nx_tlv_table_mod: tlvTableMod,
  nx_ct_flush_zone: flushZone,
  nx_ct_flush: flushConnections,
};
