/** `www` or `www:8080`, as `to` of a listener names a service -> its name, and the port where it says one. */
export function parseTarget(text: string): { readonly service: string; readonly port: number | undefined } {
  const [, service, port] = /^([^:]*):([0-9]{1,5})$/.exec(text) ?? [];
  if (service === undefined) return { service: text, port: undefined };
  return { service, port: Number(port) };
}
