/** What the address bar calls the SAML provider, and the form of a new one. No provider can have these ids. */
export const samlProvider = "saml:";
export const newProvider = "new:";

/** Where the providers are kept while the settings are open. */
export const providersKey = ["sign-on"] as const;
export const samlKey = ["saml"] as const;

const idPattern = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** Whether a provider can have the id, as the hub says. */
export function isProviderId(id: string): boolean {
  return idPattern.test(id);
}

/** The page of a provider, SAML's or another's. */
export function placeOf(id: string): string {
  return `/settings/sign-on?provider=${encodeURIComponent(id)}`;
}
