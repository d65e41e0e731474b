import { type JSX, splitProps } from "solid-js";

export interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: "plain" | "primary" | "quiet" | "danger";
}

const looks = {
  plain: "border border-line-strong bg-raised px-3 text-text hover:bg-hover disabled:opacity-50",
  primary: "bg-accent px-4 font-medium text-on-accent hover:opacity-90 disabled:opacity-50",
  danger: "border border-bad bg-bad-soft px-3 font-medium text-bad hover:opacity-90 disabled:opacity-50",
  quiet: "px-2 text-dim hover:bg-hover hover:text-text",
} as const;

export function Button(props: ButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, ["look", "class"]);
  return (
    <button
      type="button"
      {...rest}
      class={`inline-flex h-8 items-center justify-center gap-2 rounded-box ${looks[own.look ?? "plain"]} ${own.class ?? ""}`}
    />
  );
}
