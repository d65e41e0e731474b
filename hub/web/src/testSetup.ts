import { cleanup } from "@solidjs/testing-library";
import { afterEach } from "vitest";

// jsdom has no media queries or observers; these answer as a wide, dark screen.
window.matchMedia = (query) =>
  Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined,
  });

class StillObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
window.ResizeObserver = StillObserver;

// Without layout every element is 0 px; a table needs some height to show rows in.
Object.defineProperty(Element.prototype, "clientHeight", { get: () => 600 });
Object.defineProperty(Element.prototype, "clientWidth", { get: () => 1000 });
Element.prototype.scrollTo = () => undefined;

afterEach(cleanup);
