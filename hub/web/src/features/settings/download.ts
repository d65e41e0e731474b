/** Hands a file to the browser, which puts it where downloads go. */
export function download(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken it over once the click is handled.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
