// In which order nodes are probed: a shuffled round in which everybody has one turn, so that no node
// stays unprobed for long. Who of them is worth a probe is probe.ts.

export interface Order {
  names: string[]
  next: number
}

export const openOrder = (name: string): Order => ({ names: [name], next: 0 })

/** At a random place: members that learn of a node at once should not all probe it at once. */
export function insert({ names }: Order, name: string, random: () => number): void {
  names.push(name)
  swap(names, Math.floor(random() * names.length), names.length - 1)
}

/** The next turn, or undefined when the round is over. */
export const nextTurn = (order: Order): string | undefined => order.names[order.next++]

export function startRound(order: Order, names: Iterable<string>, random: () => number): void {
  order.names = [...names]
  order.next = 0
  for (let last = order.names.length - 1; last > 0; last--)
    swap(order.names, Math.floor(random() * (last + 1)), last)
}

function swap(names: string[], a: number, b: number): void {
  const held = names[a]!
  names[a] = names[b]!
  names[b] = held
}
