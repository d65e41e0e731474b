import type { JSX } from "solid-js";
import { Column } from "../Column";
import { ExportCard } from "./ExportCard";
import { ImportCard } from "./ImportCard";

/** Taking the configuration along, and bringing it back. */
export default function Transfer(): JSX.Element {
  return (
    <Column>
      <ExportCard />
      <ImportCard />
    </Column>
  );
}
