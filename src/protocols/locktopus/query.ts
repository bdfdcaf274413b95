/**
 * The first value of a parameter in a query as sent; `undefined` when there is none. Read as Go's
 * net/url reads it (docs/protocols/locktopus.md, section 1): names are case-sensitive, `+` is a
 * space, and a pair with a raw `;` or one that cannot be percent-decoded to UTF-8 does not exist.
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

/** HTTP hands on bytes as characters; some clients send UTF-8 as it is. */
function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16)}`;
}
