/**
 * The first value of a parameter in the query; `undefined` without one. Parses like Go's net/url
 * (docs/protocols/locktopus.md, section 1): names are case-sensitive, `+` is a space, and a pair with
 * a raw `;` or without a percent-decoding to UTF-8 does not exist.
 */
export function queryParameter(query: string, name: string): string | undefined {
  for (const pair of query.split("&")) {
    if (pair === "" || pair.includes(";")) continue;
    const equals = pair.indexOf("=");
    const end = equals === -1 ? pair.length : equals;
    const value = decoded(pair.slice(end + 1));
    if (value !== undefined && decoded(pair.slice(0, end)) === name) return value;
  }
  return undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " ").replace(/[\x80-\xff]/g, percentEncoded));
  } catch {
    return undefined;
  }
}

/** Node passes bytes on as characters, and some clients send raw UTF-8. */
function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`;
}
