/** The fewest characters that the hub takes. */
export const shortest = 12;

export type Strength = "weak" | "fair" | "good" | "strong";

const pools: readonly (readonly [RegExp, number])[] = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[ -/:-@[-`{-~]/, 33],
  [/[^ -~]/, 100],
];

/** Characters that surprise: neither the one before again, nor the next of the alphabet or of a row of digits. */
function surprising(password: string): number {
  const codes = [...password].map((character) => character.codePointAt(0) ?? 0);
  const seen = new Map<number, number>();
  let count = 0;
  codes.forEach((code, index) => {
    const step = index === 0 ? undefined : code - (codes[index - 1] ?? 0);
    const times = seen.get(code) ?? 0;
    seen.set(code, times + 1);
    // A character that keeps coming back adds ever less.
    if (step === undefined || Math.abs(step) > 1) count += 1 / (1 + times);
    else count += 0.2 / (1 + times);
  });
  return count;
}

/** A hint of how hard a password is to guess; no promise. */
export function strengthOf(password: string): Strength {
  const pool = pools.reduce((sum, [pattern, size]) => sum + (pattern.test(password) ? size : 0), 0);
  const bits = surprising(password) * Math.log2(Math.max(2, pool));
  if ([...password].length < shortest || bits < 40) return "weak";
  if (bits < 60) return "fair";
  return bits < 90 ? "good" : "strong";
}

export type PasswordFault = "tooShort" | "sameAsName" | "different";

/** What keeps a new password from being taken; undefined: nothing that the page can see. */
export function faultOf(password: string, again: string, name: string): PasswordFault | undefined {
  if ([...password].length < shortest) return "tooShort";
  if (password.toLowerCase() === name.trim().toLowerCase()) return "sameAsName";
  return password === again ? undefined : "different";
}
