-- A network or an author takes a post back. An unknown id leaves a tombstone, so that a late copy finds it.
--
-- KEYS 15 source's posts
-- ARGV 7 why · 8 'hide' (off the wall and held, for an account that may come back) or 'bury'
-- Returns {OK | SAME | NOPOST | AGAIN, state, rev, mrev, by, seq}

local state, seq, to = get('state'), '', ''

if state == 'withdrawn' then return answer('SAME') end
if is_otherwise() then return answer('AGAIN') end
if ARGV[8] == 'hide' then
  if state == '' then return answer('NOPOST') end
  if state ~= 'approved' and state ~= 'queued' then return answer('SAME') end
  redis.call('HINCRBY', K.post, 'mrev', 1)
  redis.call('HDEL', K.post, 'eyes_by')
  if state == 'approved' then seq = move('approved', 'queued', ARGV[7]) end
  move('queued', 'held', ARGV[7])
  set('note', ARGV[7], 'at', A.now)
  to = 'held'
else
  seq = bury(state, ARGV[7])
  redis.call('HDEL', KEYS[15], A.pid)
  to = 'withdrawn'
end
local n = audit(state, to, ARGV[7], '', seq)
ring(seq, n)
return answer('OK', seq)
