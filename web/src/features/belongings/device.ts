/** What this page keeps in this browser, in bytes, as far as the browser tells; else 0. */
export async function usedHere(): Promise<number> {
  // Old browsers have none.
  const storage = (navigator as Partial<Navigator>).storage
  return (await storage?.estimate())?.usage ?? 0
}
