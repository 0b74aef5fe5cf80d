/**
 * struct mmsghdr, struct iovec and struct cmsghdr of 64-bit Linux.
 *
 *   mmsghdr  0 name(8)  8 namelen(4)  16 iov(8)  24 iovlen(8)  32 control(8)  40 controllen(8)  48 flags(4)  56 len(4)
 *   iovec    0 base(8)  8 len(8)                     addresses are host addresses: CONTROL_HOST_BASE + linear offset
 *   cmsghdr  0 len(8)   8 level(4)  12 type(4)  16 data, padded to 8
 */
export const MESSAGE_NAME = 0;
export const MESSAGE_NAME_LENGTH = 8;
export const MESSAGE_VECTORS = 16;
export const MESSAGE_VECTOR_COUNT = 24;
export const MESSAGE_CONTROL = 32;
export const MESSAGE_CONTROL_LENGTH = 40;
export const MESSAGE_FLAGS = 48;
export const MESSAGE_LENGTH = 56;
export const MESSAGE_SIZE = 64;
export const VECTOR_LENGTH = 8;
export const VECTOR_SIZE = 16;
export const CONTROL_LENGTH = 0;
export const CONTROL_LEVEL = 8;
export const CONTROL_TYPE = 12;
export const CONTROL_DATA = 16;

export const SOL_IP: u32 = 0;
export const SOL_UDP: u32 = 17;
export const SOL_IPV6: u32 = 41;
export const IP_TOS: u32 = 1;
export const IP_TTL: u32 = 2;
export const IP_PKTINFO: u32 = 8; // ifindex(4) source to send from(4) destination received(4)
export const IPV6_PKTINFO: u32 = 50; // address(16) ifindex(4)
export const IPV6_HOPLIMIT: u32 = 52;
export const IPV6_TCLASS: u32 = 67;
export const UDP_SEGMENT: u32 = 103; // u16
export const UDP_GRO: u32 = 104; // i32
export const AF_INET: u16 = 2;
export const AF_INET6: u16 = 10;
