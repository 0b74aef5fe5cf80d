/**
 * The list of all OpenFlow errors, by OpenFlow's names, with their numbers in each version.
 *
 * A row says for which versions ("1.0", "1.1-1.4", "1.2+") which type and code stand. `nx` and `onf` rows are extensions:
 * from 1.2 on they have one number (an experimenter's error type), before that they are Nicira's vendor errors.
 */
import { NICIRA, ONF } from "./experimenters.ts";
import { type Version, versionsIn } from "./version.ts";

const rows = {
  OFPHFC_INCOMPATIBLE: "1.0+ 0,0",
  OFPHFC_EPERM: "1.0+ 0,1",
  OFPBRC_BAD_VERSION: "1.0+ 1,0",
  OFPBRC_BAD_TYPE: "1.0+ 1,1",
  OFPBRC_BAD_STAT: "1.0+ 1,2",
  OFPBRC_BAD_VENDOR: "1.0+ 1,3",
  OFPBRC_BAD_SUBTYPE: "1.0+ 1,4",
  OFPBRC_EPERM: "1.0+ 1,5",
  OFPBRC_BAD_LEN: "1.0+ 1,6",
  OFPBRC_BUFFER_EMPTY: "1.0+ 1,7",
  OFPBRC_BUFFER_UNKNOWN: "1.0+ 1,8",
  OFPBRC_BAD_TABLE_ID: "nx1.0 1,512; 1.1+ 1,9",
  OFPBRC_IS_SECONDARY: "1.0-1.1 1,5; 1.2+ 1,10",
  OFPBRC_BAD_PORT: "nx1.0-1.1 1,514; 1.2+ 1,11",
  OFPBRC_BAD_PACKET: "1.2+ 1,12",
  OFPBRC_MULTIPART_BUFFER_OVERFLOW: "1.3+ 1,13",
  OFPBRC_MULTIPART_REQUEST_TIMEOUT: "onf1.3 2640; 1.4+ 1,14",
  OFPBRC_MULTIPART_REPLY_TIMEOUT: "onf1.3 2641; 1.4+ 1,15",
  OFPBRC_MULTIPART_BAD_SCHED: "1.5+ 1,16",
  OFPBRC_PIPELINE_FIELDS_ONLY: "1.5+ 1,17",
  OFPBRC_UNKNOWN: "1.5+ 1,18",
  NXBRC_NXM_INVALID: "nx1.0-1.1 1,256; nx1.2+ 2",
  NXBRC_NXM_BAD_TYPE: "nx1.0-1.1 1,257; nx1.2+ 3",
  NXBRC_MUST_BE_ZERO: "nx1.0-1.1 1,515; nx1.2+ 4",
  NXBRC_BAD_REASON: "nx1.0-1.1 1,516; nx1.2+ 5",
  NXBRC_FM_BAD_EVENT: "nx1.0-1.1 1,520; nx1.2+ 9",
  NXBRC_UNENCODABLE_ERROR: "nx1.0-1.1 1,521; nx1.2+ 10",
  OFPBAC_BAD_TYPE: "1.0+ 2,0",
  OFPBAC_BAD_LEN: "1.0+ 2,1",
  OFPBAC_BAD_VENDOR: "1.0+ 2,2",
  OFPBAC_BAD_VENDOR_TYPE: "1.0+ 2,3",
  OFPBAC_BAD_OUT_PORT: "1.0+ 2,4",
  OFPBAC_BAD_ARGUMENT: "1.0+ 2,5",
  OFPBAC_EPERM: "1.0+ 2,6",
  OFPBAC_TOO_MANY: "1.0+ 2,7",
  OFPBAC_BAD_QUEUE: "1.0+ 2,8",
  OFPBAC_BAD_OUT_GROUP: "nx1.0 2,9; 1.1+ 2,9",
  OFPBAC_MATCH_INCONSISTENT: "nx1.0 1,522; 1.1+ 2,10",
  OFPBAC_UNSUPPORTED_ORDER: "1.1+ 2,11",
  OFPBAC_BAD_TAG: "1.1+ 2,12",
  OFPBAC_BAD_SET_TYPE: "nx1.0-1.1 1,523; 1.2+ 2,13",
  OFPBAC_BAD_SET_LEN: "nx1.0-1.1 1,524; 1.2+ 2,14",
  OFPBAC_BAD_SET_ARGUMENT: "nx1.0-1.1 1,525; 1.2+ 2,15",
  OFPBAC_BAD_SET_MASK: "onf1.3-1.4 4250; 1.5+ 2,16",
  OFPBAC_BAD_METER: "1.5+ 2,17",
  NXBAC_MUST_BE_ZERO: "nx1.0-1.1 2,256; nx1.2+ 11",
  NXBAC_BAD_CONJUNCTION: "nx1.0-1.1 2,526; nx1.2+ 15",
  NXBAC_BAD_HEADER_TYPE: "nx1.3+ 39",
  NXBAC_UNKNOWN_ED_PROP: "nx1.3+ 40",
  NXBAC_BAD_ED_PROP: "nx1.3+ 41",
  NXBAC_CT_DATAPATH_SUPPORT: "nx1.0-1.1 1,265; nx1.2+ 42",
  OFPBIC_UNKNOWN_INST: "1.1+ 3,0",
  OFPBIC_UNSUP_INST: "nx1.0 2,257; 1.1+ 3,1",
  OFPBIC_BAD_TABLE_ID: "1.1+ 3,2",
  OFPBIC_UNSUP_METADATA: "1.1+ 3,3",
  OFPBIC_UNSUP_METADATA_MASK: "1.1+ 3,4",
  OFPBIC_BAD_EXPERIMENTER: "1.1+ 3,5",
  OFPBIC_BAD_EXP_TYPE: "1.1 3,5; 1.2+ 3,6",
  OFPBIC_BAD_LEN: "1.2+ 3,7",
  OFPBIC_EPERM: "1.2+ 3,8",
  OFPBIC_DUP_INST: "nx1.1 3,256; onf1.2-1.3 2600; 1.4+ 3,9",
  OFPBMC_BAD_TYPE: "1.1+ 4,0",
  OFPBMC_BAD_LEN: "1.1+ 4,1",
  OFPBMC_BAD_TAG: "1.1+ 4,2",
  OFPBMC_BAD_DL_ADDR_MASK: "1.1+ 4,3",
  OFPBMC_BAD_NW_ADDR_MASK: "1.1+ 4,4",
  OFPBMC_BAD_WILDCARDS: "nx1.0 1,262; 1.1+ 4,5",
  OFPBMC_BAD_FIELD: "nx1.0 0,263; 1.1+ 4,6",
  OFPBMC_BAD_VALUE: "nx1.0 1,258; 1.1+ 4,7",
  OFPBMC_BAD_MASK: "nx1.0-1.1 1,259; 1.2+ 4,8",
  OFPBMC_BAD_PREREQ: "nx1.0-1.1 1,260; 1.2+ 4,9",
  OFPBMC_DUP_FIELD: "nx1.0-1.1 1,261; 1.2+ 4,10",
  OFPBMC_EPERM: "1.2+ 4,11",
  NXBMC_CT_DATAPATH_SUPPORT: "nx1.0-1.1 1,264; nx1.2+ 43",
  OFPFMFC_UNKNOWN: "1.1+ 5,0",
  OFPFMFC_TABLE_FULL: "1.0 3,0; 1.1+ 5,1",
  OFPFMFC_BAD_TABLE_ID: "1.1+ 5,2",
  OFPFMFC_OVERLAP: "1.0 3,1; 1.1+ 5,3",
  OFPFMFC_EPERM: "1.0 3,2; 1.1+ 5,4",
  OFPFMFC_BAD_TIMEOUT: "1.1+ 5,5",
  OFPFMFC_BAD_EMERG_TIMEOUT: "1.0 3,3",
  OFPFMFC_BAD_COMMAND: "1.0 3,4; 1.1+ 5,6",
  OFPFMFC_BAD_FLAGS: "nx1.0 3,258; nx1.1 5,258; 1.2+ 5,7",
  OFPFMFC_CANT_SYNC: "1.4+ 5,8",
  OFPFMFC_BAD_PRIORITY: "onf1.3 2360; 1.4+ 5,9",
  OFPFMFC_IS_SYNC: "1.4+ 5,10",
  OFPFMFC_UNSUPPORTED: "1.0 3,5",
  NXFMFC_HARDWARE: "nx1.0-1.1 5,256; nx1.2+ 12",
  NXFMFC_BAD_TABLE_ID: "nx1.0-1.1 5,257; nx1.2+ 13",
  NXFMFC_INVALID_TLV_FIELD: "nx1.0-1.1 1,536; nx1.2+ 37",
  OFPGMFC_GROUP_EXISTS: "nx1.0 6,0; 1.1+ 6,0",
  OFPGMFC_INVALID_GROUP: "nx1.0 6,1; 1.1+ 6,1",
  OFPGMFC_WEIGHT_UNSUPPORTED: "nx1.0 6,2; 1.1+ 6,2",
  OFPGMFC_OUT_OF_GROUPS: "nx1.0 6,3; 1.1+ 6,3",
  OFPGMFC_OUT_OF_BUCKETS: "nx1.0 6,4; 1.1+ 6,4",
  OFPGMFC_CHAINING_UNSUPPORTED: "nx1.0 6,5; 1.1+ 6,5",
  OFPGMFC_WATCH_UNSUPPORTED: "nx1.0 6,6; 1.1+ 6,6",
  OFPGMFC_LOOP: "nx1.0 6,7; 1.1+ 6,7",
  OFPGMFC_UNKNOWN_GROUP: "nx1.0 6,8; 1.1+ 6,8",
  OFPGMFC_CHAINED_GROUP: "nx1.0 6,9; 1.2+ 6,9",
  OFPGMFC_BAD_TYPE: "nx1.0 6,10; 1.2+ 6,10",
  OFPGMFC_BAD_COMMAND: "nx1.0 6,11; 1.2+ 6,11",
  OFPGMFC_BAD_BUCKET: "nx1.0 6,12; 1.2+ 6,12",
  OFPGMFC_BAD_WATCH: "nx1.0 6,13; 1.2+ 6,13",
  OFPGMFC_EPERM: "nx1.0 6,14; 1.2+ 6,14",
  OFPGMFC_UNKNOWN_BUCKET: "nx1.0 6,15; 1.5+ 6,15",
  OFPGMFC_BUCKET_EXISTS: "nx1.0 6,16; 1.5+ 6,16",
  OFPPMFC_BAD_PORT: "1.0 4,0; 1.1+ 7,0",
  OFPPMFC_BAD_HW_ADDR: "1.0 4,1; 1.1+ 7,1",
  OFPPMFC_BAD_CONFIG: "1.1+ 7,2",
  OFPPMFC_BAD_ADVERTISE: "1.1+ 7,3",
  OFPPMFC_EPERM: "1.2+ 7,4",
  OFPTMFC_BAD_TABLE: "1.1+ 8,0",
  OFPTMFC_BAD_CONFIG: "1.1+ 8,1",
  OFPTMFC_EPERM: "1.2+ 8,2",
  OFPQOFC_BAD_PORT: "1.0 5,0; 1.1+ 9,0",
  OFPQOFC_BAD_QUEUE: "1.0 5,1; 1.1+ 9,1",
  OFPQOFC_EPERM: "1.0 5,2; 1.1+ 9,2",
  NXQOFC_QUEUE_ERROR: "nx1.4+ 23",
  OFPSCFC_BAD_FLAGS: "1.1+ 10,0",
  OFPSCFC_BAD_LEN: "1.1+ 10,1",
  OFPSCFC_EPERM: "1.2+ 10,2",
  OFPRRFC_STALE: "1.2+ 11,0",
  OFPRRFC_UNSUP: "1.2+ 11,1",
  OFPRRFC_BAD_ROLE: "nx1.0-1.1 1,513; 1.2+ 11,2",
  OFPRRFC_ID_UNSUP: "1.5+ 11,3",
  OFPRRFC_ID_IN_USE: "1.5+ 11,4",
  OFPMMFC_UNKNOWN: "1.3+ 12,0",
  OFPMMFC_METER_EXISTS: "1.3+ 12,1",
  OFPMMFC_INVALID_METER: "1.3+ 12,2",
  OFPMMFC_UNKNOWN_METER: "1.3+ 12,3",
  OFPMMFC_BAD_COMMAND: "1.3+ 12,4",
  OFPMMFC_BAD_FLAGS: "1.3+ 12,5",
  OFPMMFC_BAD_RATE: "1.3+ 12,6",
  OFPMMFC_BAD_BURST: "1.3+ 12,7",
  OFPMMFC_BAD_BAND: "1.3+ 12,8",
  OFPMMFC_BAD_BAND_VALUE: "1.3+ 12,9",
  OFPMMFC_OUT_OF_METERS: "1.3+ 12,10",
  OFPMMFC_OUT_OF_BANDS: "1.3+ 12,11",
  OFPTFFC_BAD_TABLE: "1.3+ 13,0",
  OFPTFFC_BAD_METADATA: "1.3+ 13,1",
  OFPTFFC_EPERM: "1.3+ 13,5",
  OFPTFFC_BAD_CAPA: "1.5+ 13,6",
  OFPTFFC_BAD_MAX_ENT: "1.5+ 13,7",
  OFPTFFC_BAD_FEATURES: "1.5+ 13,8",
  OFPTFFC_BAD_COMMAND: "1.5+ 13,9",
  OFPTFFC_TOO_MANY: "1.5+ 13,10",
  NXTFFC_DUP_TABLE: "nx1.3+ 44",
  OFPBPC_BAD_TYPE: "nx1.0-1.1 13,2; nx1.2 25; 1.3 13,2; 1.4+ 14,0",
  OFPBPC_BAD_LEN: "nx1.0-1.1 13,3; nx1.2 26; 1.3 13,3; 1.4+ 14,1",
  OFPBPC_BAD_VALUE: "nx1.0-1.1 13,4; nx1.2 27; 1.3 13,4; 1.4+ 14,2",
  OFPBPC_TOO_MANY: "nx1.0-1.1 14,3; nx1.2 28; onf1.3 4443; 1.4+ 14,3",
  OFPBPC_DUP_TYPE: "nx1.0-1.1 14,4; nx1.2 29; onf1.3 4444; 1.4+ 14,4",
  OFPBPC_BAD_EXPERIMENTER: "nx1.0-1.1 14,5; nx1.2 30; onf1.3 4445; 1.4+ 14,5",
  OFPBPC_BAD_EXP_TYPE: "nx1.0-1.1 14,6; nx1.2 31; onf1.3 4446; 1.4+ 14,6",
  OFPBPC_BAD_EXP_VALUE: "nx1.0-1.1 14,7; nx1.2 32; onf1.3 4447; 1.4+ 14,7",
  OFPBPC_EPERM: "nx1.0-1.1 14,8; nx1.2 33; onf1.3 4448; 1.4+ 14,8",
  OFPACFC_INVALID: "onf1.3 2370; 1.4+ 15,0",
  OFPACFC_UNSUPPORTED: "onf1.3 2371; 1.4+ 15,1",
  OFPACFC_EPERM: "onf1.3 2372; 1.4+ 15,2",
  OFPBFC_UNKNOWN: "onf1.3 2300; 1.4+ 17,0",
  OFPBFC_EPERM: "onf1.3 2301; 1.4+ 17,1",
  OFPBFC_BAD_ID: "onf1.3 2302; 1.4+ 17,2",
  OFPBFC_BUNDLE_EXIST: "onf1.3 2303; 1.4+ 17,3",
  OFPBFC_BUNDLE_CLOSED: "onf1.3 2304; 1.4+ 17,4",
  OFPBFC_OUT_OF_BUNDLES: "onf1.3 2305; 1.4+ 17,5",
  OFPBFC_BAD_TYPE: "onf1.3 2306; 1.4+ 17,6",
  OFPBFC_BAD_FLAGS: "onf1.3 2307; 1.4+ 17,7",
  OFPBFC_MSG_BAD_LEN: "onf1.3 2308; 1.4+ 17,8",
  OFPBFC_MSG_BAD_XID: "onf1.3 2309; 1.4+ 17,9",
  OFPBFC_MSG_UNSUP: "onf1.3 2310; 1.4+ 17,10",
  OFPBFC_MSG_CONFLICT: "onf1.3 2311; 1.4+ 17,11",
  OFPBFC_MSG_TOO_MANY: "onf1.3 2312; 1.4+ 17,12",
  OFPBFC_MSG_FAILED: "onf1.3 2313; 1.4+ 17,13",
  OFPBFC_TIMEOUT: "onf1.3 2314; 1.4+ 17,14",
  OFPBFC_BUNDLE_IN_PROGRESS: "onf1.3 2315; 1.4+ 17,15",
  OFPBFC_SCHED_NOT_SUPPORTED: "1.5+ 17,16",
  OFPBFC_SCHED_FUTURE: "1.5+ 17,17",
  OFPBFC_SCHED_PAST: "1.5+ 17,18",
  OFPBFC_BAD_VERSION: "nx1.4-1.5 22",
  OFPMOFC_UNKNOWN: "1.4+ 16,0",
  OFPMOFC_MONITOR_EXISTS: "nx1.0-1.1 1,517; nx1.2-1.3 6; 1.4+ 16,1",
  OFPMOFC_INVALID_MONITOR: "1.4+ 16,2",
  OFPMOFC_UNKNOWN_MONITOR: "nx1.0-1.1 1,519; nx1.2-1.3 8; 1.4+ 16,3",
  OFPMOFC_BAD_COMMAND: "1.4+ 16,4",
  OFPMOFC_BAD_FLAGS: "nx1.0-1.1 1,518; nx1.2-1.3 7; 1.4+ 16,5",
  OFPMOFC_BAD_TABLE_ID: "1.4+ 16,6",
  OFPMOFC_BAD_OUT: "1.4+ 16,7",
  NXTTMFC_BAD_COMMAND: "nx1.0-1.1 1,527; nx1.2+ 16",
  NXTTMFC_BAD_OPT_LEN: "nx1.0-1.1 1,528; nx1.2+ 17",
  NXTTMFC_BAD_FIELD_IDX: "nx1.0-1.1 1,529; nx1.2+ 18",
  NXTTMFC_TABLE_FULL: "nx1.0-1.1 1,530; nx1.2+ 19",
  NXTTMFC_ALREADY_MAPPED: "nx1.0-1.1 1,531; nx1.2+ 20",
  NXTTMFC_DUP_ENTRY: "nx1.0-1.1 1,532; nx1.2+ 21",
  NXTTMFC_INVALID_TLV_DEL: "nx1.0-1.1 1,537; nx1.2+ 38",
  NXR_NOT_SUPPORTED: "nx1.0-1.1 1,533; nx1.2+ 34",
  NXR_STALE: "nx1.0-1.1 1,534; nx1.2+ 35",
  NXST_NOT_CONFIGURED: "nx1.0-1.1 1,535; nx1.2+ 36",
} as const;

export type ErrorCode = keyof typeof rows;

/** How an error is told in a version of OpenFlow. */
export interface ErrorNumber {
  /** 0: the standard's own. */
  readonly experimenter: number;
  readonly type: number;
  readonly code: number;
}

const numbers = new Map<string, ErrorNumber>();
const names = new Map<string, ErrorCode>();

for (const [name, row] of Object.entries(rows)) {
  for (const alternative of row.split("; ")) {
    const [, owner, range, type, code] = /^(nx|onf)?(\S+) (\d+)(?:,(\d+))?$/.exec(alternative)!;
    const experimenter = owner === "nx" ? NICIRA : owner === "onf" ? ONF : 0;
    for (const version of versionsIn(range)) {
      const number = { experimenter, type: Number(type), code: Number(code ?? 0) };
      numbers.set(`${version} ${name}`, number);
      const key = `${version} ${experimenter} ${number.type} ${number.code}`;
      // Early versions give one number to several errors: the first in the list is the name it is shown by.
      if (!names.has(key)) names.set(key, name as ErrorCode);
    }
  }
}

/** Errors that a version has no number for are told as NXBRC_UNENCODABLE_ERROR. */
export function errorNumber(version: Version, code: ErrorCode): ErrorNumber {
  return numbers.get(`${version} ${code}`) ?? numbers.get(`${version} NXBRC_UNENCODABLE_ERROR`)!;
}

export function errorName(version: Version, { experimenter, type, code }: ErrorNumber): ErrorCode | undefined {
  return names.get(`${version} ${experimenter} ${type} ${code}`);
}

export function isErrorCode(name: string): name is ErrorCode {
  return Object.hasOwn(rows, name);
}

/** What a controller is told was wrong with its message; `message` is for our log. */
export class OpenFlowError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}
