import { createSignal } from "solid-js";
import { RequestError } from "../../api/http";

/** A change that somebody asks for: how it goes, and how it went. */
export interface Change {
  readonly busy: () => boolean;
  readonly failure: () => RequestError | undefined;
  readonly done: () => boolean;
  /** Does it; resolves to whether it worked. A second one waits for nobody and is left out. */
  run(work: () => Promise<void>): Promise<boolean>;
  forget(): void;
}

export function createChange(): Change {
  const [busy, setBusy] = createSignal(false);
  const [failure, setFailure] = createSignal<RequestError>();
  const [done, setDone] = createSignal(false);
  const forget = () => {
    setFailure(undefined);
    setDone(false);
  };
  return {
    busy,
    failure,
    done,
    forget,
    async run(work) {
      if (busy()) return false;
      forget();
      setBusy(true);
      try {
        await work();
        setDone(true);
      } catch (error) {
        setFailure(error instanceof RequestError ? error : new RequestError("refused", 0));
      } finally {
        setBusy(false);
      }
      return done();
    },
  };
}
