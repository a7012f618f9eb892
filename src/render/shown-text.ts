// FRR's configuration as people may read it: passwords and keys stand in it in clear, because FRR wants
// them so. What is printed anywhere but in frr.conf goes through here. Pure.

/** What follows one of these words is known to FRR and its neighbour only. */
const ANNOUNCED = /^(.*?(?:^|\s)(?:\S*password|authentication-key|key-string|md5))[ \t].*$/gim

export const withoutSecrets = (text: string): string => text.replace(ANNOUNCED, '$1 ***')
