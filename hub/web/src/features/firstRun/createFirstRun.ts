import { createSignal } from "solid-js";
import { RequestError } from "../../api/http";
import { checkBootstrapToken, setUp, signIn } from "../../api/signInCalls";

const tokenBytes = 32;

/** 64 hexadecimal digits from the browser's source of secrets. */
export function makeApiToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(tokenBytes));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const steps = ["bootstrap", "account", "token", "done"] as const;
export type Step = (typeof steps)[number];

/** What went wrong: of the bootstrap token, or of setting up; `said` is what the hub says about it. */
export interface FirstRunProblem {
  readonly kind: "bootstrapWrong" | "bootstrapGone" | "already" | "limited" | "unreachable" | "refused";
  readonly said: string;
}

export interface FirstRunState {
  readonly step: () => Step;
  readonly busy: () => boolean;
  readonly problem: () => FirstRunProblem | undefined;
  readonly apiToken: string;
  /** The browser has a session of the new account. */
  readonly isSignedIn: () => boolean;
  /** Goes on to the account when the hub accepts the token. */
  giveBootstrapToken(token: string): Promise<void>;
  giveAccount(username: string, password: string): void;
  /** Sets the hub up and signs in. */
  finish(): Promise<void>;
  back(): void;
}

function problemOf(error: unknown): FirstRunProblem {
  if (!(error instanceof RequestError)) return { kind: "unreachable", said: "" };
  const { said } = error.refusal;
  if (error.kind === "unauthorized") return { kind: "bootstrapWrong", said: "" };
  // 503: setting up without a pending token; 409: asking about one.
  if (error.status === 409 || error.status === 503) return { kind: "bootstrapGone", said: "" };
  if (error.kind === "limited" || error.kind === "unreachable") return { kind: error.kind, said: "" };
  return { kind: "refused", said };
}

/** The steps from a hub that nobody has set up to one with an administrator. */
export function createFirstRun(): FirstRunState {
  const [step, setStep] = createSignal<Step>("bootstrap");
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<FirstRunProblem>();
  const [isSignedIn, setSignedIn] = createSignal(false);
  const apiToken = makeApiToken();
  let bootstrapToken = "";
  let account = { username: "", password: "" };

  async function attempt(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
    } catch (error) {
      setProblem(problemOf(error));
    }
    setBusy(false);
  }

  async function enter(): Promise<void> {
    try {
      const outcome = await signIn({ ...account, rememberMe: false });
      setSignedIn(outcome.kind === "in");
    } catch {
      // The account is made all the same: the last step then says to sign in.
      setSignedIn(false);
    }
  }

  return {
    step,
    busy,
    problem,
    apiToken,
    isSignedIn,
    giveBootstrapToken: (token) =>
      attempt(async () => {
        bootstrapToken = token.trim();
        await checkBootstrapToken(bootstrapToken);
        setStep("account");
      }),
    giveAccount(username, password) {
      account = { username: username.trim(), password };
      setProblem(undefined);
      setStep("token");
    },
    finish: () =>
      attempt(async () => {
        if (!(await setUp({ bootstrapToken, ...account, apiToken }))) {
          setProblem({ kind: "already", said: "" });
          return;
        }
        await enter();
        account = { username: "", password: "" };
        setStep("done");
      }),
    back() {
      setProblem(undefined);
      setStep(step() === "token" ? "account" : "bootstrap");
    },
  };
}
