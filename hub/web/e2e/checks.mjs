// What the journeys wait for and insist on, whichever hub they run against.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How long anything may take, in milliseconds. */
export const patience = 15_000;

/** The mark of a page whose numbers are current. */
export const live = (page) => page.getByText("Live", { exact: true }).filter({ visible: true }).first();

/** Waits until `read` answers something `wanted` accepts. */
export async function eventually(read, wanted, what, withinMs = patience) {
  const deadline = Date.now() + withinMs;
  let last;
  while (Date.now() < deadline) {
    last = await read();
    if (wanted(last)) return last;
    await pause(50);
  }
  throw new Error(`${what}: last seen ${JSON.stringify(last)}`);
}

export async function assertAccessible(page, where) {
  // Not as a script tag: the hub's content security policy forbids those, and is tested with the rest.
  const client = await page.context().newCDPSession(page);
  await client.send("Runtime.evaluate", { expression: axe });
  await client.detach();
  const result = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
  );
  const serious = result.violations
    .filter((item) => item.impact === "serious" || item.impact === "critical")
    .map(
      (item) =>
        `${item.id}: ${item.nodes
          .slice(0, 3)
          .map((node) => `${node.target} ${node.any[0]?.message ?? ""}`)
          .join(" | ")}`,
    );
  assert.deepEqual(serious, [], `serious accessibility violations on ${where}`);
}
