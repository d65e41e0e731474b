import { makeCatalogues } from "../makeCatalogues";
import { en } from "./en";

const catalogues = makeCatalogues(en, {
  de: async () => (await import("./de")).de,
  es: async () => (await import("./es")).es,
});

/** Gives its children the texts of the way in. */
export const EntranceTexts = catalogues.Provider;

/** Looks up a text of the way in. */
export const useEntranceTexts = catalogues.use;
