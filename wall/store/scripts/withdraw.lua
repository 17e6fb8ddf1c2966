-- A network or an author takes a post back. An unknown id leaves a tombstone, so that a late copy finds it.
--
-- KEYS 13 source's posts
-- ARGV 6 why · 7 'hide' (off the wall and held, for an account that may come back) or 'bury'
-- Returns {OK | SAME | NOPOST, state, rev, mrev, by, seq}

local state, seq, to = get('state'), '', ''

if state == 'withdrawn' then return answer('SAME') end
if ARGV[7] == 'hide' then
  if state == '' then return answer('NOPOST') end
  if state ~= 'approved' and state ~= 'queued' then return answer('SAME') end
  redis.call('HINCRBY', K.post, 'mrev', 1)
  if state == 'approved' then seq = move('approved', 'queued', ARGV[6]) end
  move('queued', 'held', ARGV[6])
  set('note', ARGV[6], 'at', A.now)
  to = 'held'
else
  seq = bury(state, ARGV[6])
  redis.call('HDEL', KEYS[13], A.pid)
  to = 'withdrawn'
end
local n = audit(state, to, ARGV[6], '', seq)
ring(seq, n)
return answer('OK', seq)
