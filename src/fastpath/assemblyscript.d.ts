/** AssemblyScript's integer types as tsc sees them: `assembly/layout/` and `assembly/memory.ts` are compiled by both. */
type u8 = number;
type u16 = number;
type u32 = number;
type i32 = number;
type usize = number;
