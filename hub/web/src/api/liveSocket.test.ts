import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type LinkState,
  type LiveSocket,
  makeLiveSocket,
  retryDelayMs,
  type SocketLike,
  silenceLimitMs,
} from "./liveSocket";
import type { Frame } from "./types";

class FakeSocket implements SocketLike {
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  closed = false;
  close(): void {
    this.closed = true;
  }
  send(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const snapshot = { type: "snapshot", rev: 1, part: 1, parts: 1, data: { resources: [], sources: [] } };
let sockets: FakeSocket[];
let links: LinkState[];
let frames: Frame[];
let refused: number;
let accept: boolean;
let live: LiveSocket;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  links = [];
  frames = [];
  refused = 0;
  accept = true;
  live = makeLiveSocket({
    connect: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    onFrame: (frame) => {
      frames.push(frame);
      return accept;
    },
    onLink: (state) => links.push(state),
    onRefused: () => {
      refused += 1;
    },
    random: () => 1,
  });
});

afterEach(() => {
  live.close();
  vi.useRealTimers();
});

function last(): FakeSocket {
  const socket = sockets.at(-1);
  if (!socket) throw new Error("no socket was opened");
  return socket;
}

test("waits longer after each failure, up to a limit", () => {
  const waits = [0, 1, 2, 3, 10].map((attempt) => retryDelayMs(attempt, 1));
  expect(waits).toEqual([500, 1000, 2000, 4000, 20_000]);
  expect(retryDelayMs(3, 0)).toBe(2000);
});

test("reconnects after a close, and starts over once data came", () => {
  last().onclose?.();
  expect(links.at(-1)?.kind).toBe("waiting");
  vi.advanceTimersByTime(499);
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(sockets).toHaveLength(2);
  last().onclose?.();
  vi.advanceTimersByTime(1000);
  expect(sockets).toHaveLength(3);
  last().send(snapshot);
  last().onclose?.();
  vi.advanceTimersByTime(500);
  expect(sockets).toHaveLength(4);
});

test("a connection without a frame for 45 s is replaced", () => {
  last().send(snapshot);
  vi.advanceTimersByTime(silenceLimitMs - 1);
  expect(last().closed).toBe(false);
  last().send({ type: "ping", data: { timestamp: 1 } });
  vi.advanceTimersByTime(silenceLimitMs - 1);
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(sockets[0]?.closed).toBe(true);
  vi.advanceTimersByTime(500);
  expect(sockets).toHaveLength(2);
});

test("asks for a new snapshot when a frame does not fit", () => {
  last().send(snapshot);
  accept = false;
  last().send({ type: "delta", prev: 9, rev: 10, data: {} });
  expect(sockets[0]?.closed).toBe(true);
  vi.advanceTimersByTime(500);
  expect(sockets).toHaveLength(2);
});

test("a close before any frame may mean refused credentials", () => {
  last().onclose?.();
  expect(refused).toBe(1);
  vi.advanceTimersByTime(500);
  last().send(snapshot);
  last().onclose?.();
  expect(refused).toBe(1);
});

test("waking up connects at once, but leaves a lively connection alone", () => {
  last().send(snapshot);
  live.wake();
  expect(sockets).toHaveLength(1);
  vi.advanceTimersByTime(15_000);
  live.wake();
  expect(sockets).toHaveLength(2);
  last().onclose?.();
  live.wake();
  expect(sockets).toHaveLength(3);
});

test("ignores what it cannot read and stops when closed", () => {
  last().onmessage?.({ data: "{not json" });
  last().onmessage?.({ data: new ArrayBuffer(2) });
  last().send({ type: "from-the-future" });
  expect(frames).toEqual([]);
  live.close();
  live.close();
  vi.advanceTimersByTime(600_000);
  expect(sockets).toHaveLength(1);
});
