import { decodeFrame } from "./decode";
import type { Frame } from "./types";

export const liveProtocol = "pulse.live.v1";

/** Without any frame for this long the connection counts as dead and is replaced. */
export const silenceLimitMs = 45_000;
const firstDelayMs = 500;
const maxDelayMs = 20_000;
/** After waking up, a connection quiet for longer than this is not worth trusting. */
const wakeSilenceMs = 12_000;

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly retryAt: number };

/** The part of WebSocket this module uses. */
export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

export interface LiveSocketOptions {
  readonly connect: () => SocketLike;
  /** Takes one frame; false asks for a new connection, hence a new snapshot. */
  readonly onFrame: (frame: Frame) => boolean;
  readonly onLink: (state: LinkState) => void;
  /** Called when a connection ended before its first frame: the hub may have refused the credentials. */
  readonly onRefused: () => void;
  readonly now?: () => number;
  readonly random?: () => number;
}

export interface LiveSocket {
  /** Connects at once if waiting, and replaces a connection that slept. */
  wake(): void;
  close(): void;
}

/** The n-th wait (from 0): doubling, capped, and spread over its upper half so that pages do not come back in step. */
export function retryDelayMs(attempt: number, random: number): number {
  const full = Math.min(maxDelayMs, firstDelayMs * 2 ** attempt);
  return full / 2 + (full / 2) * random;
}

/** Keeps one live connection open until closed, reconnecting with back-off. */
export function makeLiveSocket(options: LiveSocketOptions): LiveSocket {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  let socket: SocketLike | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let lastFrameAt = 0;
  let closed = false;

  function arm(delay: number, action: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(action, delay);
  }

  function drop(): void {
    clearTimeout(timer);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    socket = undefined;
  }

  function retry(): void {
    drop();
    if (closed) return;
    const delay = retryDelayMs(attempt, random());
    attempt += 1;
    options.onLink({ kind: "waiting", retryAt: now() + delay });
    arm(delay, open);
  }

  function receive(data: unknown): void {
    lastFrameAt = now();
    arm(silenceLimitMs, retry);
    const frame = typeof data === "string" ? decodeFrame(data) : undefined;
    if (!frame) return;
    if (frame.type === "snapshot" || frame.type === "delta") attempt = 0;
    if (!options.onFrame(frame)) retry();
  }

  function open(): void {
    drop();
    options.onLink({ kind: "connecting" });
    let heard = false;
    const current = options.connect();
    socket = current;
    current.onopen = () => options.onLink({ kind: "open" });
    current.onmessage = (event) => {
      heard = true;
      receive(event.data);
    };
    current.onclose = () => {
      if (!heard) options.onRefused();
      retry();
    };
    lastFrameAt = now();
    arm(silenceLimitMs, retry);
  }

  open();
  return {
    wake() {
      if (closed || (socket && now() - lastFrameAt < wakeSilenceMs)) return;
      attempt = 0;
      open();
    },
    close() {
      closed = true;
      drop();
    },
  };
}

/** Opens the browser's socket to this page's hub. */
export function connectBrowserSocket(token: string | undefined): SocketLike {
  const url = new URL("/ws", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (token) url.searchParams.set("token", token);
  const socket = new WebSocket(url, [liveProtocol]);
  const like: SocketLike = { onopen: null, onmessage: null, onclose: null, close: () => socket.close() };
  socket.onopen = () => like.onopen?.();
  socket.onmessage = (event) => like.onmessage?.(event);
  socket.onclose = () => like.onclose?.();
  return like;
}
