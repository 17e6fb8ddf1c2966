-- The alarm: raised or calmed. Whoever comes second finds it done.
--
-- KEYS 15 alarm (the common keys stand for a post that does not exist)
-- ARGV 5 'alarm' · 7 the alarm as JSON, '' when calm · 8 what stood there before · 9 '1' when people learn of it
-- Returns {OK | SAME | STALE}

local now, before = ARGV[7], redis.call('GET', KEYS[15]) or ''
if now == before then return { 'SAME' } end
if before ~= ARGV[8] then return { 'STALE' } end
if now == '' then redis.call('DEL', KEYS[15]) else redis.call('SET', KEYS[15], now) end
if ARGV[9] ~= '1' then return { 'OK' } end
ring('', audit(before == '' and 'calm' or 'alarm', now == '' and 'calm' or 'alarm', 'alarm', '', ''))
return { 'OK' }
