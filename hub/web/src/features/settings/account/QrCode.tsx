import type { JSX } from "solid-js";
import { encode } from "uqr";

/** Empty modules around the code, without which scanners do not find it. */
const border = 2;

/** A text as a QR code. It is dark on light in every theme, as scanners expect. */
export function QrCode(props: { readonly text: string; readonly label: string }): JSX.Element {
  const code = () => encode(props.text, { border });
  const path = () =>
    code()
      .data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
      .join("");
  return (
    <svg
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${code().size} ${code().size}`}
      class="size-44 shrink-0 rounded-box"
      shape-rendering="crispEdges"
    >
      <rect width="100%" height="100%" fill="#fff" />
      <path d={path()} fill="#000" />
    </svg>
  );
}
