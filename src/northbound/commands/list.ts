/** Every command, in the order of the help. A new one is a file beside this and a line here. */

import { addValues } from "./add-values.ts";
import { clearColumns } from "./clear-columns.ts";
import type { Command } from "./command.ts";
import { comment } from "./comment.ts";
import { createRow } from "./create-row.ts";
import { destroyRows } from "./destroy-rows.ts";
import { findRows } from "./find-rows.ts";
import { getColumns } from "./get-columns.ts";
import { init } from "./init.ts";
import { lbAdd } from "./lb-add.ts";
import { lbDel } from "./lb-del.ts";
import { lbList } from "./lb-list.ts";
import { listRows } from "./list-rows.ts";
import { lrAdd } from "./lr-add.ts";
import { lrDel } from "./lr-del.ts";
import { lrLbAdd } from "./lr-lb-add.ts";
import { lrLbDel } from "./lr-lb-del.ts";
import { lrLbList } from "./lr-lb-list.ts";
import { lrList } from "./lr-list.ts";
import { lrRouteAdd } from "./lr-route-add.ts";
import { lrRouteDel } from "./lr-route-del.ts";
import { lrRouteList } from "./lr-route-list.ts";
import { lrpAdd } from "./lrp-add.ts";
import { lrpDel } from "./lrp-del.ts";
import { lrpGetEnabled } from "./lrp-get-enabled.ts";
import { lrpList } from "./lrp-list.ts";
import { lrpSetEnabled } from "./lrp-set-enabled.ts";
import { lrpSetOptions } from "./lrp-set-options.ts";
import { lsAdd } from "./ls-add.ts";
import { lsDel } from "./ls-del.ts";
import { lsLbAdd } from "./ls-lb-add.ts";
import { lsLbDel } from "./ls-lb-del.ts";
import { lsLbList } from "./ls-lb-list.ts";
import { lsList } from "./ls-list.ts";
import { lspAdd } from "./lsp-add.ts";
import { lspDel } from "./lsp-del.ts";
import { lspGetAddresses } from "./lsp-get-addresses.ts";
import { lspGetEnabled } from "./lsp-get-enabled.ts";
import { lspGetLs } from "./lsp-get-ls.ts";
import { lspGetOptions } from "./lsp-get-options.ts";
import { lspGetPortSecurity } from "./lsp-get-port-security.ts";
import { lspGetType } from "./lsp-get-type.ts";
import { lspGetUp } from "./lsp-get-up.ts";
import { lspList } from "./lsp-list.ts";
import { lspSetAddresses } from "./lsp-set-addresses.ts";
import { lspSetEnabled } from "./lsp-set-enabled.ts";
import { lspSetOptions } from "./lsp-set-options.ts";
import { lspSetPortSecurity } from "./lsp-set-port-security.ts";
import { lspSetType } from "./lsp-set-type.ts";
import { removeValues } from "./remove-values.ts";
import { setColumns } from "./set-columns.ts";
import { show } from "./show.ts";
import { sync } from "./sync.ts";
import { waitUntil } from "./wait-until.ts";

export const COMMANDS: readonly Command[] = [
  init,
  sync,
  show,
  lsAdd,
  lsDel,
  lsList,
  lspAdd,
  lspDel,
  lspList,
  lspSetAddresses,
  lspGetAddresses,
  lspSetPortSecurity,
  lspGetPortSecurity,
  lspGetUp,
  lspSetEnabled,
  lspGetEnabled,
  lspSetType,
  lspGetType,
  lspSetOptions,
  lspGetOptions,
  lspGetLs,
  lrAdd,
  lrDel,
  lrList,
  lrpAdd,
  lrpSetOptions,
  lrpDel,
  lrpList,
  lrpSetEnabled,
  lrpGetEnabled,
  lrRouteAdd,
  lrRouteDel,
  lrRouteList,
  lbAdd,
  lbDel,
  lbList,
  lrLbAdd,
  lrLbDel,
  lrLbList,
  lsLbAdd,
  lsLbDel,
  lsLbList,
  listRows,
  findRows,
  getColumns,
  setColumns,
  addValues,
  removeValues,
  clearColumns,
  createRow,
  destroyRows,
  waitUntil,
  comment,
];

/** Commands of ovn-nbctl that stand for features which are not built; they are refused by name. */
const UNSUPPORTED = `
  acl-add acl-del acl-list qos-add qos-del qos-list mirror-add mirror-del mirror-list meter-add meter-del meter-list
  lsp-get-parent lsp-get-tag lsp-set-dhcpv4-options lsp-get-dhcpv4-options lsp-set-dhcpv6-options lsp-get-dhcpv6-options
  lsp-attach-mirror lsp-detach-mirror fwd-group-add fwd-group-del fwd-group-list lrp-set-gateway-chassis
  lrp-del-gateway-chassis lrp-get-gateway-chassis lrp-set-redirect-type lrp-get-redirect-type lr-policy-add lr-policy-del
  lr-policy-list lr-nat-add lr-nat-del lr-nat-list lr-nat-update-ext-ip dhcp-options-create dhcp-options-del
  dhcp-options-list dhcp-options-set-options dhcp-options-get-options get-connection del-connection set-connection get-ssl
  del-ssl set-ssl pg-add pg-set-ports pg-del ha-chassis-group-add ha-chassis-group-del ha-chassis-group-list
  ha-chassis-group-add-chassis ha-chassis-group-remove-chassis copp-add copp-del copp-list ls-copp-add lr-copp-add
  static-mac-binding-add static-mac-binding-del static-mac-binding-list`
  .trim()
  .split(/\s+/);

const byName = new Map(COMMANDS.map((command) => [command.name, command]));

export const commandNamed = (name: string): Command | undefined => byName.get(name);
export const isUnsupported = (name: string): boolean => UNSUPPORTED.includes(name);
