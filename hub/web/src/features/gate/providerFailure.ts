/** How the codes that an identity provider's way can fail with are told; those not named are `other`. */
const groups = {
  access_denied: "access_denied",
  login_required: "login_required",
  interaction_required: "login_required",
  oidc_disabled: "oidc_disabled",
  saml_disabled: "oidc_disabled",
  oidc_init_failed: "oidc_init_failed",
  saml_init_failed: "saml_init_failed",
  oidc_state_error: "expired",
  missing_state: "expired",
  invalid_state: "expired",
  missing_code: "exchange",
  exchange_failed: "exchange",
  missing_id_token: "token",
  invalid_id_token: "token",
  invalid_signature_alg: "token",
  invalid_nonce: "token",
  invalid_claims: "token",
  invalid_response: "token",
  replayed_response: "replayed",
  email_restricted: "email_restricted",
  domain_restricted: "domain_restricted",
  group_restricted: "group_restricted",
  session_failed: "session_failed",
} as const;

export type ProviderFailure = (typeof groups)[keyof typeof groups] | "other";

/** The sentence that tells a code. Codes come from the address bar, so any text may be one. */
export function providerFailureOf(code: string): ProviderFailure {
  return Object.hasOwn(groups, code) ? groups[code as keyof typeof groups] : "other";
}

const longestCode = 40;

/** A code fit to be shown: whoever made the link may have written anything. */
export function shownCode(code: string): string {
  return code.replaceAll(/[^\w.-]/g, "").slice(0, longestCode) || "?";
}
