const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text in these bytes, with its byte order mark if any; `undefined` for bytes that are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
