import type { JSX } from "solid-js";
import { Logo } from "./Logo";

export interface EntranceFrameProps {
  readonly title: string;
  readonly lead?: string | undefined;
  readonly wide?: boolean;
  readonly children: JSX.Element;
}

/** What everything before the page itself stands in. */
export function EntranceFrame(props: EntranceFrameProps): JSX.Element {
  return (
    <main class="h-full overflow-auto">
      <div class="grid min-h-full place-items-center px-4 py-10">
        <div class={`flex w-full flex-col gap-5 ${props.wide ? "max-w-lg" : "max-w-sm"}`}>
          <div class="flex flex-col items-center gap-4 text-center">
            <Logo class="size-11" />
            <div>
              <h1 class="text-xl font-semibold tracking-tight">{props.title}</h1>
              {props.lead && <p class="mt-1 text-dim">{props.lead}</p>}
            </div>
          </div>
          {props.children}
        </div>
      </div>
    </main>
  );
}
