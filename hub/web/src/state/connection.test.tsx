import { render, screen } from "@solidjs/testing-library";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { makeFakeSocket } from "../testSocket";
import { createLive, freshLimitMs, type Live } from "./connection";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function show(): { live: Live; socket: ReturnType<typeof makeFakeSocket> } {
  const socket = makeFakeSocket();
  let live: Live | undefined;
  render(() => {
    const made = createLive({ caller: { token: "t" }, onRefused: () => undefined, connect: () => socket });
    live = made;
    return <p>{made.freshness()}</p>;
  });
  if (!live) throw new Error("nothing was rendered");
  return { live, socket };
}

test("goes from loading to live, and stale when data stops", () => {
  const { socket } = show();
  socket.open();
  screen.getByText("loading");
  socket.snapshot([]);
  screen.getByText("live");
  vi.advanceTimersByTime(freshLimitMs - 1000);
  screen.getByText("live");
  vi.advanceTimersByTime(2000);
  screen.getByText("stale");
  socket.delta({});
  vi.advanceTimersByTime(1000);
  screen.getByText("live");
});

test("a lost connection is stale at once, and its age counts on", () => {
  const { live, socket } = show();
  socket.open();
  socket.snapshot([]);
  socket.lose();
  screen.getByText("stale");
  vi.advanceTimersByTime(7000);
  expect(live.age()).toBeGreaterThanOrEqual(7000);
});

test("a ping does not make old numbers new", () => {
  const { socket } = show();
  socket.open();
  socket.snapshot([]);
  vi.advanceTimersByTime(freshLimitMs + 1000);
  socket.onmessage?.({ data: JSON.stringify({ type: "ping", data: {} }) });
  vi.advanceTimersByTime(1000);
  screen.getByText("stale");
});
