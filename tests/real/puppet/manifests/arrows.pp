# Chains, over several lines, both ways, and between lists.
notify { 'a': } -> notify { 'b': } ~> notify { 'c': }
notify { ['d', 'e']: } -> notify { ['f', 'g']: }
notify { 'h': }
notify { 'i': }
Notify['i'] <- Notify['h'] <~ Notify['c']
[Notify['a'], Notify['d']] ~> [Notify['h']]
