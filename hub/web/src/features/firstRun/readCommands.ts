import type { SecurityStatus } from "../../api/signInCalls";

export interface ReadCommand {
  readonly where: "onMachine" | "inDocker" | "inLxc";
  readonly command: string;
}

const defaultPath = "/etc/pulse/.bootstrap_token";

/** A word of a shell command; the hub's answer may hold anything. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The commands that show the token of the first run, the likeliest first. */
export function readCommands(
  status: Pick<
    SecurityStatus,
    "bootstrapTokenPath" | "isDocker" | "inContainer" | "lxcCtid" | "dockerContainerName"
  >,
): readonly ReadCommand[] {
  const path = quoted(status.bootstrapTokenPath ?? defaultPath);
  const read = `cat ${path}`;
  const container = quoted(status.dockerContainerName ?? "pulse");
  const commands: ReadCommand[] = [];
  if (status.isDocker || status.dockerContainerName)
    commands.push({ where: "inDocker", command: `docker exec ${container} ${read}` });
  if (status.lxcCtid)
    commands.push({ where: "inLxc", command: `pct exec ${quoted(status.lxcCtid)} -- ${read}` });
  commands.push({ where: "onMachine", command: `sudo ${read}` });
  return commands;
}
