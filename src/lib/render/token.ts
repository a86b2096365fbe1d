/** The token stands here and nowhere else. */
export function renderNewToken({ token, line }: { readonly token: string; readonly line: string }): string {
  return `The token, shown this once:\n${token}\n\nIts line for COMBOT_TOKENS_FILE:\n${line}`;
}
