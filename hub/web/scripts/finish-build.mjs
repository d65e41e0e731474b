// Writes .gz and .br next to every text file of the build, and fails when the
// overview's first load is over its budget.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = new URL("../dist/app/", import.meta.url).pathname;
const budgetBytes = 150_000;
const compressible = /\.(js|css|html|svg|json)$/;

/** Chunks the overview needs: the entry, its page, and all they import statically. */
function firstLoad(manifest) {
  const files = new Set();
  const visit = (key) => {
    const chunk = manifest[key];
    if (!chunk || files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const css of chunk.css ?? []) files.add(css);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const key of Object.keys(manifest)) {
    if (manifest[key].isEntry || key.includes("features/overview/")) visit(key);
  }
  return files;
}

const names = (await readdir(root, { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && compressible.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
const gzipped = new Map();
for (const name of names) {
  if (name.startsWith(".vite/")) continue;
  const body = await readFile(join(root, name));
  const gz = gzipSync(body, { level: 9 });
  const br = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  gzipped.set(name, gz.length);
  await writeFile(join(root, `${name}.gz`), gz);
  await writeFile(join(root, `${name}.br`), br);
}

const manifest = JSON.parse(await readFile(join(root, ".vite/manifest.json"), "utf8"));
let total = 0;
for (const file of firstLoad(manifest)) {
  const size = gzipped.get(file) ?? 0;
  total += size;
  console.log(`${(size / 1000).toFixed(1).padStart(7)} kB gzip  ${file}`);
}
console.log(
  `${(total / 1000).toFixed(1).padStart(7)} kB gzip  first load of the overview (budget ${budgetBytes / 1000} kB)`,
);
if (total > budgetBytes) {
  console.error("The overview's first load is over its budget.");
  process.exit(1);
}
