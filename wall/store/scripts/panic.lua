-- Every screen to the slate, or back. An operation of the wall like any other: it has its sequence number.
--
-- KEYS 15 panic (the common keys stand for a post that does not exist)
-- ARGV 5 'panic' · 7 '1' | '0'
-- Returns {OK | SAME, on, seq}

local on, was = ARGV[7], redis.call('GET', KEYS[15]) or '0'
if on == was then return { 'SAME', was, redis.call('HGET', K.meta, 'seq') or '0' } end
redis.call('SET', KEYS[15], on)
local seq = log_op('panic', on, on == '1' and 'on' or 'off')
local n = audit(was == '1' and 'panic' or 'calm', on == '1' and 'panic' or 'calm', 'panic', '', seq)
ring(seq, n)
return { 'OK', on, tostring(seq) }
