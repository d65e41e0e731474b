import { Dialog } from "@kobalte/core/dialog";
import type { JSX } from "solid-js";

export interface ModalProps {
  readonly title: string;
  /** Keeps the title for screen readers only. */
  readonly bare?: boolean;
  readonly onClose: () => void;
  readonly children: JSX.Element;
}

/** A dialog over the page; it holds the focus and gives it back. */
export function Modal(props: ModalProps): JSX.Element {
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay class="fixed inset-0 z-40 bg-[rgb(0_0_0/0.45)]" />
        <div class="fixed inset-0 z-40 flex justify-center px-3 pt-[10vh]">
          <Dialog.Content
            class="flex max-h-[70vh] w-full max-w-xl flex-col self-start overflow-hidden rounded-box border border-line-strong bg-raised"
            style={{ "box-shadow": "var(--shadow)" }}
          >
            <Dialog.Title
              class={props.bare ? "sr-only" : "border-b border-line px-5 py-3.5 text-sm font-semibold"}
            >
              {props.title}
            </Dialog.Title>
            {props.children}
          </Dialog.Content>
        </div>
      </Dialog.Portal>
    </Dialog>
  );
}
