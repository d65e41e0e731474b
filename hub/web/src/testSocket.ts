import type { SocketLike } from "./api/liveSocket";

/** A live connection that a test plays the hub on. */
export interface FakeSocket extends SocketLike {
  open(): void;
  snapshot(resources: readonly object[], sources?: readonly object[]): void;
  /** Follows on the frame before. */
  delta(data: object): void;
  lose(): void;
}

export function makeFakeSocket(): FakeSocket {
  let rev = 1;
  const socket: FakeSocket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    close: () => undefined,
    open: () => socket.onopen?.(),
    lose: () => socket.onclose?.(),
    snapshot(resources, sources = []) {
      send({ type: "snapshot", rev, part: 1, parts: 1, data: { resources, sources } });
    },
    delta(data) {
      send({ type: "delta", prev: rev, rev: rev + 1, data });
      rev += 1;
    },
  };
  const send = (frame: object) => socket.onmessage?.({ data: JSON.stringify(frame) });
  return socket;
}
