#!lua flags=no-writes
-- A document, if its time is not over.
-- KEYS heads document
local kept = redis.call('GET', KEYS[2])
if not kept then
  return { 'none' }
end
local ends = tonumber(string.sub(kept, 17, 32))
if ends ~= 0 then
  local offset = redis.call('HGET', KEYS[1], 'clock')
  local time = redis.call('TIME')
  if ends <= time[1] * 1000 + math.floor(time[2] / 1000) + (offset or 0) then
    return { 'none' }
  end
end
return { 'document', tonumber(string.sub(kept, 1, 16)), string.sub(kept, 33) }
