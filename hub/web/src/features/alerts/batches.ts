/** The hub takes 32 KiB; some are left for what stands around the ids. */
const mostBytes = 30 * 1024;

/** Divides ids so that each part fits into one order, whose size the hub bounds. */
export function batchesOf(ids: readonly string[], most = mostBytes): readonly (readonly string[])[] {
  const sizer = new TextEncoder();
  const batches: string[][] = [];
  let room = 0;
  for (const id of ids) {
    const size = sizer.encode(JSON.stringify(id)).length + 1;
    if (size > room || batches.length === 0) {
      batches.push([]);
      room = most;
    }
    batches.at(-1)?.push(id);
    room -= size;
  }
  return batches;
}
